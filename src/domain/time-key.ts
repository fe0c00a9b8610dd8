/** A UUID of version 7, which begins with its time: 48 bits of milliseconds, the version, and 74 of the 80 bits that are given as 20 hex digits. */
export function timeKey(timeMs: number, hex: string): string {
  const time = timeMs.toString(16).padStart(12, '0')
  const variant = '89ab'[Number.parseInt(hex.slice(3, 4), 16) % 4]
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(0, 3)}-${variant}${hex.slice(4, 7)}-${hex.slice(7, 19)}`
}
