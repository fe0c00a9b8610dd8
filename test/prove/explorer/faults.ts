import { DESIGN, type Rules } from '../model/rules.ts'
import type { WorldOptions } from './world.ts'

/** A rule that somebody got wrong, as systems like this one did, and what must be found then. */
export interface Fault {
  readonly name: string
  readonly rules: Partial<Rules>
  /** Which promise is found broken: the beginning of its sentence. */
  readonly breaks: RegExp
  /** What must be possible for it to do harm. */
  readonly world?: Partial<WorldOptions>
}

/** Each rule of the model in turn. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'admission ignores what is reserved',
    rules: { admits: ({ cap, spent }, amount) => cap - spent >= amount },
    breaks: /^1: no reserve/,
  },
  {
    name: 'a call is granted when one of its budgets can pay',
    rules: { grants: (admitted) => admitted.some(Boolean) },
    breaks: /^1: no reserve/,
  },
  {
    name: 'the period is derived again when money moves',
    rules: { bookedOn: (_, now) => now },
    breaks: /^(2: reserved is the sum|11: nothing stays blocked)/,
    world: { monthEnds: [[0, 1]] },
  },
  {
    name: 'a run that comes late takes the call from its successor',
    rules: { isNewest: () => true },
    breaks: /^a run that began earlier/,
    world: { runs: [2, 1] },
  },
  { name: 'a closed run may ask', rules: { mayAsk: (call, run) => call.runs.at(-1)?.id === run.id }, breaks: /^only the newest run/ },
  { name: 'an older run may ask', rules: { mayAsk: () => true }, breaks: /^only the newest run/, world: { runs: [2, 1] } },
  { name: 'a refusal is forgotten', rules: { isRefused: () => false }, breaks: /^a message that comes twice/ },
  { name: 'a new ask is taken while an attempt is on its way', rules: { mayTakeNewAsk: () => true }, breaks: /^4: of a call/ },
  {
    name: 'a second worker may send the same attempt',
    rules: { mayDispatch: ({ state }) => state === 'reserved' || state === 'dispatched' },
    breaks: /^one request/,
  },
  { name: 'a hold has no end', rules: { isHeld: () => true }, breaks: /^go is told only/ },
  { name: 'a token sends twice', rules: { isNewToken: () => true }, breaks: /^one request/, world: { handsOn: true } },
  { name: 'a worker that slept may still send', rules: { mayStillSend: () => true }, breaks: /^go is told only/ },
  { name: 'an answer that comes twice is booked twice', rules: { isRepeat: () => false }, breaks: /^a message that comes twice/ },
  {
    name: 'a person overrides an answer',
    rules: { outranks: () => false },
    breaks: /^(6: what was sent|8, 9: an answer)/,
    world: { person: true },
  },
  { name: 'a total is booked on top of what was presumed', rules: { difference: (_, total) => total }, breaks: /^2: reserved is the sum/ },
  {
    name: 'a late answer is dropped as done',
    rules: { difference: (a, total) => (a.state === 'presumed' ? 0n : total - (a.cost ?? 0n)) },
    breaks: /^2: reserved is the sum/,
  },
  { name: 'every answer is the first', rules: { isFirstAnswer: () => true }, breaks: /^4: of a call/ },
  { name: 'an answered call keeps what it has reserved', rules: { answerReleases: () => false }, breaks: /^4: of a call/ },
  {
    name: 'anybody’s word ends a request',
    rules: { isSender: () => true },
    breaks: /^4: an attempt makes/,
    world: { strayFor: 1 },
  },
  {
    name: 'a refusal takes back what an answer has booked',
    rules: { mayReject: () => true },
    breaks: /^4: an attempt makes/,
    world: { person: true },
  },
  {
    name: 'money is handed on by whoever is refused',
    rules: { mayHandOn: () => true },
    breaks: /^(2: reserved is the sum|4: of a call)/,
    world: { handsOn: true },
  },
  {
    name: 'the close of an older run frees what a newer one reserved',
    rules: { mayClose: () => true },
    breaks: /^the close of an older run/,
    world: { runs: [2, 1] },
  },
  {
    name: 'expiry frees what was sent',
    rules: { expiresTo: (attempt) => (attempt.state === 'dispatched' ? 'released' : DESIGN.expiresTo(attempt)) },
    breaks: /^4: an attempt makes/,
  },
  { name: 'nobody sweeps', rules: { isDue: () => false }, breaks: /^11: nothing stays blocked/ },
  {
    name: 'a person frees what may still be answered',
    rules: { mayAdjust: ({ token }) => token !== undefined },
    breaks: /^6: what was sent/,
    world: { person: true },
  },
]
