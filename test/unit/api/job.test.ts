import { describe, expect, test } from '@jest/globals';
import { jobOutcome, type JobStatus } from '../../../src/api/job.ts';
import { make } from '../../support/make.ts';

const condition = (
  type: string,
  status = 'True',
): NonNullable<JobStatus['conditions']>[number] => ({
  type,
  status,
  reason: 'BackoffLimitExceeded',
  message: 'too many failures',
});

describe('jobOutcome', () => {
  const cases: Record<string, { status: JobStatus; outcome: ReturnType<typeof jobOutcome> }> = {
    'says nothing of a Job without conditions': { status: {}, outcome: undefined },
    'says nothing while Complete is False': {
      status: { conditions: [condition('Complete', 'False')] },
      outcome: undefined,
    },
    'says nothing before the last Pod has ended': {
      status: { conditions: [condition('FailureTarget'), condition('SuccessCriteriaMet')] },
      outcome: undefined,
    },
    'takes Complete for success': {
      status: { conditions: [condition('SuccessCriteriaMet'), condition('Complete')] },
      outcome: {
        succeeded: true,
        reason: 'BackoffLimitExceeded',
        message: 'BackoffLimitExceeded: too many failures',
      },
    },
    'takes Failed for failure, with its reason and message': {
      status: { conditions: [condition('FailureTarget'), condition('Failed')] },
      outcome: {
        succeeded: false,
        reason: 'BackoffLimitExceeded',
        message: 'BackoffLimitExceeded: too many failures',
      },
    },
    'has no stray colon where there is no message': {
      status: { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }] },
      outcome: {
        succeeded: false,
        reason: 'DeadlineExceeded',
        message: 'DeadlineExceeded',
      },
    },
  };
  test.each(Object.entries(cases))('%s', (_, { status, outcome }) => {
    expect(jobOutcome(make.job({ status }))).toEqual(outcome);
  });
  test('says nothing of a Job without status', () => {
    expect(jobOutcome(make.job())).toBeUndefined();
  });
});
