const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
/** Text that may stand in HTML, in an attribute too. */
export const safe = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char)

/** Of a page to read and to print: a statement, a review. */
export const PAGE_STYLE = `
  :root { color-scheme: light; --ink: #1a1f2b; --soft: #5b6475; --line: #d9dee8; --tint: #f5f7fa }
  * { box-sizing: border-box }
  body { margin: 0 auto; padding: 48px 32px; max-width: 820px; color: var(--ink); background: #fff; font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif }
  header { display: flex; justify-content: space-between; align-items: baseline; gap: 24px; padding-bottom: 16px; border-bottom: 2px solid var(--ink) }
  h1 { margin: 0; font-size: 26px; letter-spacing: -.01em }
  h2 { margin: 36px 0 8px; font-size: 15px }
  p { margin: 4px 0; color: var(--soft) }
  .state { padding: 2px 10px; border: 1px solid currentColor; border-radius: 99px; font-size: 13px; white-space: nowrap }
  .provisional { color: #a05a00 } .sealed { color: #1c6e3d }
  table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; break-inside: auto }
  th { text-align: left; color: var(--soft); font-weight: 500; font-size: 13px }
  th, td { padding: 6px 0; border-bottom: 1px solid var(--line); vertical-align: top }
  th + th, td + td { padding-left: 16px } .n { width: 22%; text-align: right; white-space: nowrap }
  tr.total td { border-bottom: 0; border-top: 2px solid var(--ink); font-weight: 650 } tr { break-inside: avoid }
  td.name { overflow-wrap: anywhere } .none { color: var(--soft); font-style: italic }
  footer { margin-top: 40px; padding: 12px 16px; background: var(--tint); border-radius: 8px; font-size: 12px; color: var(--soft); overflow-wrap: anywhere }
  @media (max-width: 560px) { body { padding: 24px 16px } header { flex-direction: column; gap: 8px } }
  @media print { body { padding: 0; max-width: none; font-size: 11pt } footer { background: none; padding: 0 } @page { margin: 18mm } }`
