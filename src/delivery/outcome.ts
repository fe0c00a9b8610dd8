/** What came of an attempt. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status?: number | undefined }
  /** Worth another attempt, no sooner than the receiver asks for. */
  | { readonly kind: 'failed'; readonly error: string; readonly status?: number | undefined; readonly retryAfterMs?: number | undefined }
  /** No attempt will go better. */
  | { readonly kind: 'dead'; readonly error: string; readonly status?: number | undefined }
  /** The receiver wants nothing more, of anything. */
  | { readonly kind: 'gone'; readonly error: string; readonly status?: number | undefined }
