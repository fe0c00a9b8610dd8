import { registerHooks } from 'node:module'

// openapi-typescript 7 writes with an API of the compiler that TypeScript 7 has no more, so it alone gets an older one.
const older = new URL('typescript-6.ts', import.meta.url).href
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'typescript' && context.parentURL?.includes('/openapi-typescript/') === true
      ? { url: older, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
})
const { default: nodesOf, astToString } = await import('openapi-typescript')

/** The types of the API's document, as TypeScript: the text of `src/api-types.ts`. */
export async function apiTypes(document: object): Promise<string> {
  const nodes = await nodesOf(structuredClone(document) as never, { emptyObjectsUnknown: true })
  return `// Made from openapi.json by \`npm run docs:openapi\`: not to be edited.\n${astToString(nodes)}`
}
