/** `2026-11-01T12:30:00Z`, or with an offset: a moment, and no day. */
export const isInstant = (text: string): boolean => text.includes('T')
