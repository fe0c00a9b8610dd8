import { exactEur, type Nano } from '../domain/money.ts'
import { PAGE_STYLE, safe } from './page-style.ts'
import type { CorrectionLine, StatementPart, WholeStatement } from './statements.ts'

/** One page of HTML without anything from elsewhere, to read and to print. */
export function statementHtml(s: WholeStatement): string {
  const sealed = s.state === 'sealed' ? `sealed ${(s.sealedAt ?? '').slice(0, 16).replace('T', ' ')} UTC` : 'provisional'
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${safe(s.account)}: statement of ${s.month}</title>
<style>${PAGE_STYLE}</style>
<header><div><h1>Statement of ${s.month}</h1><p>${safe(s.account)}, plan ${safe(s.plan)}, months begin in ${safe(s.timeZone)}</p></div><span class="state ${s.state}">${sealed}</span></header>
<h2>Summary</h2>
<table><thead><tr><th></th><th class="n">EUR</th></tr></thead><tbody>
${head('Allowance of the plan', s.allowance)}${s.capChanges === 0n ? '' : head('Top-ups, cuts and changes of the plan', s.capChanges)}
${head('Spent', s.spent, `${s.calls} calls${s.failed > 0 ? `, ${s.failed} without an answer` : ''}`)}
${s.presumed === 0n ? '' : head('of it presumed', s.presumed, 'sent, and nobody knows the answer yet')}
${s.corrections === 0n && s.corrected === 0 ? '' : head('Corrections of earlier months', s.corrections, `${s.corrected} lines`)}
<tr class="total"><td>Total</td><td class="n">${exactEur(s.total)}</td></tr>
</tbody></table>
${facts(s)}
${listOf('By feature', 'feature', s.features)}
${listOf('By model', 'model', s.models)}
${listOf('By user', 'user', s.users)}
${budgets(s)}
${corrections(s.correctionLines)}
<footer>${s.hash === null ? 'Not sealed: it may still change, until the month is over and closed.' : `SHA-256 ${s.hash}${s.previous === null ? ', the first statement of this account' : `<br>of the statement before: ${s.previous}`}<br>Checked by <code>purser statement verify ${safe(s.account)}</code>`}</footer>
</html>
`
}

const rows = (list: readonly (readonly [string, string, Nano])[]): string =>
  list
    .map(
      ([name, calls, amount]) => `<tr><td class="name">${name}</td><td class="n">${calls}</td><td class="n">${exactEur(amount)}</td></tr>`,
    )
    .join('')
const nameOf = ({ name }: StatementPart): string => (name === null ? '<span class="none">none</span>' : safe(name))
const listOf = (title: string, what: string, parts: readonly StatementPart[]): string =>
  parts.length === 0
    ? ''
    : `<h2>${title}</h2><table><thead><tr><th>${what}</th><th class="n">calls</th><th class="n">EUR</th></tr></thead><tbody>${rows(parts.map((part) => [nameOf(part), String(part.calls), part.spent]))}</tbody></table>`
const head = (name: string, amount: Nano | undefined, note = ''): string =>
  amount === undefined
    ? ''
    : `<tr><td>${name}${note === '' ? '' : ` <span class="none">${note}</span>`}</td><td class="n">${exactEur(amount)}</td></tr>`

function facts(s: WholeStatement): string {
  const said = [
    s.open > 0n ? `${exactEur(s.open)} EUR were still reserved for calls without an answer.` : '',
    s.overrun > 0n ? `The cap was passed by ${exactEur(s.overrun)} EUR.` : '',
    s.refusals > 0 ? `${s.refusals} calls were refused for want of budget.` : '',
    s.saved > 0n ? `The providers’ caches saved ${exactEur(s.saved)} EUR.` : '',
    s.counted !== undefined && s.counted !== s.spent
      ? `The plan’s budget counts ${exactEur(s.counted)} EUR: what was booked without a call, such as an opening amount, is in it.`
      : '',
  ].filter((line) => line !== '')
  return said.map((line) => `<p>${line}</p>`).join('')
}

function budgets({ budgets: list }: WholeStatement): string {
  if (list.length === 0) return ''
  const row = list.map(
    (b) =>
      `<tr><td class="name">${safe(b.name)}</td><td>${safe(b.period)}</td><td class="n">${exactEur(b.cap)}</td><td class="n">${exactEur(b.spent)}</td></tr>`,
  )
  return `<h2>Other budgets</h2><table><thead><tr><th>budget</th><th>period</th><th class="n">cap, EUR</th><th class="n">spent, EUR</th></tr></thead><tbody>${row.join('')}</tbody></table>`
}

function corrections(lines: readonly CorrectionLine[]): string {
  if (lines.length === 0) return ''
  const row = lines.map(
    (line) =>
      `<tr><td>${line.month}</td><td class="name">${line.rowId}</td><td>${line.knownAt.slice(0, 10)}</td><td class="n">${exactEur(line.change)}</td></tr>`,
  )
  return `<h2>Corrections</h2><table><thead><tr><th>of</th><th>call</th><th>known since</th><th class="n">EUR</th></tr></thead><tbody>${row.join('')}</tbody></table>`
}
