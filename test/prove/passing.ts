/**
 * What a client may hear instead of an answer, by code: the wire or the server went away, or a limit was reached, so that asking again is right.
 * Anything else would be an error in a program.
 */
export const PASSING =
  /^(killed|E[A-Z]+|CONNECTION_(CLOSED|DESTROYED|ENDED)|CONNECT_TIMEOUT|57P0[123]|57014|55P03|40P01|40001|08[0-9A-Z]{3}|53[0-9A-Z]{3}|ledger_busy|bad_input)$/

/** No question waits longer for an answer or an error: four tries of a flight, each over a wire that fell silent. */
export const LONGEST_WAIT_MS = 65_000
