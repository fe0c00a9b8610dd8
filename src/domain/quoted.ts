/** A word as a shell takes it: as it is, or in quotes. */
export const quoted = (text: string): string => (/^[\w=.,:@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
