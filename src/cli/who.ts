import { userInfo } from 'node:os'

/** For the list of acts. A container's user may have no name. */
export function who(): string {
  try {
    return `cli:${userInfo().username}`
  } catch {
    return 'cli:unknown'
  }
}
