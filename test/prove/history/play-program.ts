/**
 * Run as a process of its own: a player with its own pool and batcher. Arguments: the world (JSON), its name, where its history goes. The
 * database's URL is in DATABASE_URL. Says when it begins. Ends in good order when its stdin ends; until then it plays.
 */
import { ledgerOver } from '../../../src/ledger/ledger.ts'
import { connectSql } from '../../../src/platform/sql.ts'
import { fileLog } from './operation.ts'
import { play } from './player.ts'
import type { World } from './world.ts'

const [world, name, path] = process.argv.slice(2)
const url = process.env['DATABASE_URL']
if (world === undefined || name === undefined || path === undefined || url === undefined)
  throw new Error('usage: DATABASE_URL=… play-program <world> <name> <history>')
let mayGoOn = true
process.stdin.resume().once('end', () => (mayGoOn = false))
const sql = connectSql(url, { max: 8 })
const log = fileLog(path)
console.log('plays')
await play({ ledger: ledgerOver(sql), world: JSON.parse(world) as World, name, log, atOnce: 16, mayGoOn: () => mayGoOn })
await sql.end({ timeout: 5 })
log.close()
