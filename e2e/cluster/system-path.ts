/**
 * PATH with the folders of administrators' programs: ip and iptables are there, and shells that are
 * no login shells of root often leave them out.
 */
export function systemPath(path: string | undefined = process.env.PATH): readonly string[] {
  const folders = (path ?? '').split(':').filter((folder) => folder !== '');
  return [...new Set([...folders, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'])];
}
