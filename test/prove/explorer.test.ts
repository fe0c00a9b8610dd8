/**
 * Every way in which two calls, crashes, repeats and late workers can meet: the model of the ledger, explored completely in small worlds.
 * And that this could fail: each of the model's rules is broken once, and the explorer must find what goes wrong, by the shortest way.
 */
import { describe, expect, test } from 'vitest'
import { explore, type Explored } from './explorer/explore.ts'
import { FAULTS } from './explorer/faults.ts'
import { brokenBy } from './explorer/moves.ts'
import { brokenIn } from './explorer/promises.ts'
import { movesOf } from './explorer/what-may-happen.ts'
import { keysOfWorlds, moved, startOf, tell, type WorldOptions } from './explorer/world.ts'
import { LONG, SHORT, SMALL } from './explorer/worlds.ts'
import { inLength } from './length.ts'
import { DESIGN, type Rules } from './model/rules.ts'

const STATES_MAX = 1_000_000

function exploreWorld(options: WorldOptions, rules: Rules): Explored {
  const setting = { options, rules, movesIn: movesOf(options) }
  return explore(
    {
      start: startOf(options),
      key: keysOfWorlds(),
      steps: setting.movesIn,
      next: (world, move) => moved(world, move, rules),
      brokenIn: (world) => brokenIn(world, setting),
      brokenBy: (before, move, after, answer) => brokenBy(before, move, after, answer, rules),
      tell,
    },
    STATES_MAX,
  )
}

const count = (n: number): string => n.toLocaleString('en').padStart(11)

describe('every promise holds in every state that two calls can reach', () => {
  test.for(inLength(SHORT, LONG))('$name', { timeout: 600_000 }, (options) => {
    const [startedAt, cpu] = [performance.now(), process.cpuUsage()]
    const { states, transitions, depth, violation } = exploreWorld(options, DESIGN)
    const seconds = [(performance.now() - startedAt) / 1e3, process.cpuUsage(cpu).user / 1e6].map((s) => `${s.toFixed(1)} s`)
    console.log(
      `  ${count(states)} states ${count(transitions)} transitions  depth ${depth}  ${seconds.join(', of one core ')}  ${options.name}`,
    )
    expect(violation).toBeUndefined()
    expect(states).toBeGreaterThan(1_000)
  })
})

describe('the explorer can fail', () => {
  test.for(FAULTS)('$name', ({ rules, breaks, world }) => {
    const { states, violation } = exploreWorld({ ...SMALL, ...world }, { ...DESIGN, ...rules })
    const path = violation?.path.map((step, i) => `\n      ${i + 1}. ${step}`) ?? []
    console.log(`  broken after ${path.length} steps, ${states} states seen: ${violation?.promise}${path.join('')}`)
    expect(violation?.promise).toMatch(breaks)
  })

  test('each rule of the model has its fault', () => {
    expect(new Set(FAULTS.flatMap(({ rules }) => Object.keys(rules)))).toEqual(new Set(Object.keys(DESIGN)))
  })
})
