/** What a probe of kubelet would be told. */
export async function probe(port: number, path: string): Promise<{ code: number; text: string }> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return { code: answer.status, text: await answer.text() };
}
