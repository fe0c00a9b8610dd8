/** The compiler's API as it was until TypeScript 6; the package of this name would bring a second `tsc` along. */
export { ts as default } from '@ts-morph/common'
