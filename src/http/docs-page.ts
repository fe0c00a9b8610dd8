import { createHash } from 'node:crypto'
import { safe } from '../insight/page-style.ts'
import { PROBLEMS } from './problem.ts'

/** As much of an OpenAPI document as the page shows. */
interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description: string
  readonly tags: readonly string[]
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required?: boolean
    readonly schema?: Schema
    readonly description?: string
  }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >
}
interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly default?: unknown
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1f26}
h1,h2,h3{line-height:1.2}h2{margin-top:3rem;border-bottom:1px solid #d5d8df}h3{margin-top:2rem}
code{font:14px ui-monospace,monospace;background:#f2f3f6;padding:.1em .3em;border-radius:3px}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #e6e8ed}
@media(prefers-color-scheme:dark){body{background:#14161b;color:#e4e6eb}code{background:#23262e}h2,td,th{border-color:#333843}a{color:#8ab4ff}}`

/** The document as a page for people: plain HTML without a script, so it needs nothing from anywhere. `styleHash`: for the page's content security policy. */
export function docsPage(document: Document): { readonly html: string; readonly styleHash: string } {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const resources = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '')
  const body = [
    `<h1>${safe(document.info.title)} API ${safe(document.info.version)}</h1><p>${prose(document.info.description)} <a href="/openapi.json">openapi.json</a></p>`,
    `<p>${[...resources.keys()].map((name) => `<a href="#${safe(name)}">${safe(name)}</a>`).join(' · ')} · <a href="#schemas">schemas</a> · <a href="#problems">problems</a></p>`,
    ...[...resources].map(([name, its]) => `<h2 id="${safe(name)}">${safe(name)}</h2>${its.map(operationHtml).join('')}`),
    `<h2 id="schemas">schemas</h2>${Object.entries(document.components?.schemas ?? {})
      .map(schemaHtml)
      .join('')}`,
    `<h2 id="problems">problems</h2>${problemsHtml()}`,
  ]
  return {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${safe(document.info.title)} API</title><style>${STYLE}</style></head><body>${body.join('\n')}</body></html>`,
    styleHash: `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  }
}

function operationHtml({
  path,
  method,
  operation,
}: {
  readonly path: string
  readonly method: string
  readonly operation: Operation
}): string {
  const parameters = (operation.parameters ?? []).map(({ name, in: where, required, schema, description }) => [
    `<code>${safe(name)}</code> in ${safe(where)}${required === true ? '' : ', optional'}`,
    kindOf(schema),
    prose(description ?? schema?.description ?? ''),
  ])
  const bodies = Object.values(operation.requestBody?.content ?? {}).flatMap(({ schema }) => fieldRows(schema))
  const answers = Object.entries(operation.responses).map(([status, { description, content }]) => [
    `<code>${safe(status)}</code>`,
    Object.values(content ?? {})
      .map(({ schema }) => kindOf(schema))
      .join(', '),
    prose(description),
  ])
  return [
    `<h3 id="${safe(operation.operationId)}"><code>${method.toUpperCase()} ${safe(path)}</code></h3><p><b>${safe(operation.summary)}</b></p>`,
    ...operation.description.split('\n\n').map((paragraph) => `<p>${prose(paragraph)}</p>`),
    table(['parameter', 'is', ''], parameters),
    table(['body', 'is', ''], bodies),
    table(['answer', 'is', ''], answers),
  ].join('')
}

const schemaHtml = ([name, schema]: readonly [string, Schema]): string =>
  `<h3 id="${safe(name)}">${safe(name)}</h3>${prose(schema.description ?? '')}${table(['field', 'is', ''], fieldRows(schema))}`

const problemsHtml = (): string =>
  table(
    ['code', 'status', ''],
    Object.entries(PROBLEMS).map(([code, { status, title }]) => [`<code id="${code}">${code}</code>`, String(status), safe(title)]),
  )

const fieldRows = (schema: Schema): string[][] =>
  schema.properties === undefined
    ? [['', kindOf(schema), prose(schema.description ?? '')]]
    : Object.entries(schema.properties).map(([name, field]) => [
        `<code>${safe(name)}</code>${schema.required?.includes(name) === true ? '' : ', optional'}`,
        kindOf(field),
        prose(field.description ?? ''),
      ])

function kindOf(schema: Schema | undefined): string {
  if (schema === undefined) return ''
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf('/') + 1)
    return `<a href="#${safe(name)}">${safe(name)}</a>`
  }
  const parts = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (parts !== undefined) return parts.map(kindOf).join(' or ')
  if (schema.const !== undefined) return `<code>${safe(JSON.stringify(schema.const))}</code>`
  if (schema.enum !== undefined) return schema.enum.map((value) => `<code>${safe(String(value))}</code>`).join(' ')
  if (schema.items !== undefined) return `list of ${kindOf(schema.items)}`
  const usual = schema.default === undefined ? '' : `, default <code>${safe(JSON.stringify(schema.default))}</code>`
  return safe([schema.type ?? 'anything'].flat().join(' or ')) + usual
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  rows.length === 0
    ? ''
    : `<table><tr>${head.map((cell) => `<th>${cell}</th>`).join('')}</tr>${rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join('')}</tr>`).join('')}</table>`

/** Text with `code` in it. */
const prose = (text: string): string => safe(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')
