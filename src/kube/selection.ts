/** Which objects of a kind, in the API's own notation: all where nothing is said. */
export interface Selection {
  namespace?: string;
  labelSelector?: string;
  /** `metadata.name=NAME`: the one object, for which a right to its name is enough. */
  fieldSelector?: string;
}

/** The selection in whatever carries one along. */
export function selectionOf(from: Selection): Selection {
  const { namespace, labelSelector, fieldSelector } = from;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}
