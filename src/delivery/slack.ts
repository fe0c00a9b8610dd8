/** What incoming webhooks of Slack take, and of those who speak alike (Mattermost, Discord's /slack, Rocket.Chat). */
import type { Notice } from '../domain/notice.ts'
import { momentOf } from './moment.ts'

/** Slack refuses longer ones. */
const SECTION_MAX = 3_000

/** Slack's own three control characters; nothing of a notice is a link or calls for anybody. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

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

/** Cut before it is escaped, so that no escape is cut: one character becomes five at most. */
function sectionOf(text: string): string {
  const whole = escaped(text)
  return whole.length <= SECTION_MAX ? whole : `${escaped(text.slice(0, SECTION_MAX / 5 - 1))} …`
}

/** `invalid_payload`, `no_service`, `channel_is_archived`: what Slack says is wrong. */
export const slackWord = (text: string): string | undefined => /^[a-z_]{1,40}$/.exec(text.trim())?.[0]
