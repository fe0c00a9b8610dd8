import type { TestEmulator } from './emulator.ts'

/** What the emulator has of batches: each that was taken, with the keys of its lines. */
export async function handedIn(
  emulator: TestEmulator,
): Promise<{ readonly name: string; readonly displayName: string; readonly state: string; readonly keys: readonly string[] }[]> {
  const response = await fetch(`${emulator.url}/admin/batches`)
  return ((await response.json()) as { batches: Awaited<ReturnType<typeof handedIn>> }).batches
}

/** How long the batches take that are handed in from now on. */
export async function takeMs(emulator: TestEmulator, ms: number): Promise<void> {
  const response = await fetch(`${emulator.url}/admin/batches`, { method: 'POST', body: JSON.stringify({ ms }) })
  if (!response.ok) throw new Error(`the emulator takes no such time: ${await response.text()}`)
}
