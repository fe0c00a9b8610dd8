import type { Review } from './review.ts'
import { sectionsOf, type Shown } from './review-sections.ts'

/** Names may have what Markdown or HTML reads as its own; a command is shown as code. */
const plain = (text: string): string => text.replace(/[\\|*_`<>[\]#&]/g, String.raw`\$&`).replace(/\s+/g, ' ')

/** As code, whatever backquotes are in it; a bar ends a cell there, too. */
function code(text: string): string {
  const fence = '`'.repeat(1 + Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length)))
  const pad = fence.length > 1 ? ' ' : ''
  return `${fence}${pad}${text.replaceAll('|', String.raw`\|`).replace(/\s+/g, ' ')}${pad}${fence}`
}

const cellOf = (text: string): string => (text.startsWith('purser ') ? code(text) : plain(text))
const line = (cells: readonly string[]): string => `| ${cells.map(cellOf).join(' | ')} |`

/** The review in Markdown, for a wiki or a mail. */
export function reviewMarkdown(r: Review, shown: Shown = {}): string {
  const sections = sectionsOf(r, shown).map(({ title, said, head, numbers, rows }) => {
    const rule = `| ${head.map((_, n) => (numbers.includes(n) ? '---:' : '---')).join(' | ')} |`
    const table = rows.length === 0 ? [] : [line(head), rule, ...rows.map(line)]
    return [`## ${title}`, '', ...said.flatMap((text) => [plain(text), '']), ...table].join('\n').trimEnd()
  })
  return `# ${plain(titleOf(r))}\n\n${sections.join('\n\n')}\n`
}

export const titleOf = ({ month, account }: Review): string => `Review of ${month}${account === undefined ? '' : `: ${account}`}`
