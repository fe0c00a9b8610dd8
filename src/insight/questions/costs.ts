/** The question without a name: costs by anything and any time. */
import type { Dimension } from '../dimension.ts'
import type { Reading } from '../reading.ts'
import { change, nameColumn, share, type GroupRow } from '../columns.ts'
import type { Table, TableColumn } from '../table.ts'
import { groupedTable, type Asked } from './question.ts'
import { costColumns, COSTS } from './spend.ts'

const since: TableColumn<GroupRow<never>> = {
  name: 'since',
  kind: 'time',
  about: 'Where the hour, day, week or month begins',
  of: ({ group }) => group.since?.toISOString() ?? null,
}

/** Costs by up to two dimensions and by time, the oldest first, then the dearest; without a time with the change against as long a time before. Throws PurserError `bad_input`. */
export const costsTable = (reading: Reading, asked: Asked & { readonly by: readonly Dimension[] }): Promise<Table> =>
  groupedTable(reading, asked, {
    by: asked.by,
    unit: asked.unit,
    figures: COSTS,
    limit: asked.limit,
    before: asked.unit === undefined,
    columns: [
      ...(asked.unit === undefined ? [] : [since]),
      ...asked.by.map((name, n) => nameColumn(name, n)),
      ...costColumns,
      share,
      ...(asked.unit === undefined ? [change] : []),
    ],
  })
