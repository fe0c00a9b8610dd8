/** Everything that is told one after the other. */
export async function every<T>(items: AsyncIterable<T>): Promise<T[]> {
  const told: T[] = []
  for await (const item of items) told.push(item)
  return told
}
