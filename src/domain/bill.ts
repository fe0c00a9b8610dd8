/** A line of a provider's bill, as it is stored. Amounts are exact but for their slack: how much they may be off where the provider converted or rounded. */
export interface BillFileLine {
  /** Where in the file, for people: a line of text, or a place in its list. */
  readonly row: number
  /** The provider's own name of the line, or one made of what is unique in it. */
  readonly lineId: string
  readonly day: string
  readonly model: string
  readonly tier: string
  /** In Purser's words where there is one, else the provider's. */
  readonly unit: string
  /** Null: the bill does not say it. */
  readonly quantity: bigint | null
  readonly picoUsd: bigint
  readonly picoSlack: bigint
  /** Null: the bill does not say euros. */
  readonly nanoEur: bigint | null
  readonly nanoSlack: bigint
  /** `rsv_…`, if the provider says what it was told, else the id of its answer. Null: the line is a sum. */
  readonly requestId: string | null
}

export const BILL_FORMATS = ['purser', 'google', 'openai', 'anthropic', 'csv'] as const
export type BillFormat = (typeof BILL_FORMATS)[number]

/** A bill that was read. */
export interface BillFile {
  readonly provider: string
  readonly format: BillFormat
  readonly name: string
  /** SHA-256 of the file. */
  readonly hash: string
  readonly currency: string
  /** In which its days are days. */
  readonly timeZone: string
  readonly fromDay: string
  readonly toDay: string
  readonly lines: readonly BillFileLine[]
}
