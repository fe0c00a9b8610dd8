/** A moment as people read it: `2026-11-29 10:00:00 UTC`. */
export const momentOf = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`
