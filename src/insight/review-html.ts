import { PAGE_STYLE, safe } from './page-style.ts'
import type { Review } from './review.ts'
import { titleOf } from './review-markdown.ts'
import { sectionsOf, type Section, type Shown } from './review-sections.ts'

/** Its tables are wider than a statement's. */
const WIDER = `
  body { max-width: 1080px } .n { width: auto } td { overflow-wrap: break-word } section { overflow-x: auto }
  td.how { font: 12px/1.5 ui-monospace, 'Cascadia Mono', 'Liberation Mono', monospace; overflow-wrap: anywhere; width: 36% } thead th { vertical-align: bottom }`

/** One page of HTML without anything from elsewhere, to read and to print. */
export function reviewHtml(r: Review, shown: Shown = {}): string {
  const beside = r.baseline === undefined ? 'no month to compare with' : `beside ${r.baseline}`
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(titleOf(r))}</title>
<style>${PAGE_STYLE}${WIDER}</style>
<header><div><h1>Review of ${r.month}</h1><p>${r.account === undefined ? 'All accounts' : safe(r.account)}, ${safe(beside)}, months begin in ${safe(r.timeZone)}</p></div><span class="state ${r.isOver ? 'sealed' : 'provisional'}">${r.isOver ? 'the whole month' : 'so far'}</span></header>
${sectionsOf(r, shown).map(sectionHtml).join('\n')}
<footer>Made of what the ledger has now. The same as Markdown and JSON: <code>purser review --month ${r.month} --markdown</code>, <code>--json</code>. Savings are those of this month’s own calls; nothing is switched by itself.</footer>
</html>
`
}

function sectionHtml({ title, said, head, numbers, rows }: Section): string {
  const classOf = (n: number): string =>
    numbers.includes(n) ? ' class="n"' : head[n] === 'how' ? ' class="how"' : n === 0 ? ' class="name"' : ''
  const cells = (tag: 'td' | 'th', texts: readonly string[]): string =>
    texts.map((text, n) => `<${tag}${classOf(n)}>${safe(text)}</${tag}>`).join('')
  const table =
    rows.length === 0
      ? ''
      : `<table><thead><tr>${cells('th', head)}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table>`
  return `<section><h2>${safe(title)}</h2>${said.map((text) => `<p>${safe(text)}</p>`).join('')}${table}</section>`
}
