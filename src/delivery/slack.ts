/** What incoming webhooks of Slack take, and of those who speak alike (Mattermost, Discord's /slack, Rocket.Chat). */
import type { Notice } from '../domain/notice.ts'
import { momentOf } from './moment.ts'

/** Slack refuses longer ones. */
const SECTION_MAX = 3_000
const END = ' …'

/** Slack's own three control characters, and the names by which the others call everybody: nothing of a notice is a link or calls for anybody. */
const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/@(?=(?:all|channel|everyone|here)\b)/gi, '@\u200B')

/** `text` is what a notification shows, `blocks` what the channel does. */
export function slackBody({ type, account, text, at }: Notice): string {
  const about = [type, ...(account === null ? [] : [account]), momentOf(at)].map(escaped).join(' · ')
  return JSON.stringify({
    text: escaped(text),
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: sectionOf(text) } },
      { type: 'context', elements: [{ type: 'mrkdwn', text: about }] },
    ],
  })
}

/** All that fits; cut between characters, so that no escape is cut. */
function sectionOf(text: string): string {
  const whole = escaped(text)
  if (whole.length <= SECTION_MAX) return whole
  let cut = ''
  for (const character of text) {
    if (cut.length + escaped(character).length > SECTION_MAX - END.length) break
    cut += escaped(character)
  }
  return cut + END
}

/** `invalid_payload`, `no_service`, `channel_is_archived`: what Slack says is wrong. */
export const slackWord = (text: string): string | undefined => /^[a-z_]{1,40}$/.exec(text.trim())?.[0]
