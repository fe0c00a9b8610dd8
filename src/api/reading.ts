import type { operations } from '../api-types.ts'
import type { CallOptions } from './asking.ts'
import type { Camel } from './casing.ts'

/** What a call that only reads takes. */
export type Reading = Pick<CallOptions, 'signal'>

/** What a list is narrowed by. */
export type Filters<Name extends keyof operations> = Omit<
  Camel<NonNullable<operations[Name]['parameters']['query']>>,
  'cursor' | 'limit'
> & {
  /** So many are read at once; 50 if left out. All are told. */
  readonly pageSize?: number | undefined
}

export const reading = ({ signal }: Reading = {}) => (signal === undefined ? {} : { signal })

/** `pageSize` is the API's `limit`: of a list that is read to its end, it limits nothing. */
export function queryOf<T extends { readonly pageSize?: number | undefined }>(
  filters?: T,
): Omit<T, 'pageSize'> & { readonly limit?: number } {
  const { pageSize, ...rest } = filters ?? ({} as T)
  return { ...rest, ...(pageSize === undefined ? {} : { limit: pageSize }) }
}
