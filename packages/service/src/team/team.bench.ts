/**
 * A team of four processes and its enforcer on this machine: certified decisions in a second as fast as events are taken, and how
 * long an event waits for its decision where so many events come in a second, with all agents and with one killed. Each process has
 * decided on some batches before.
 *
 *   npx node packages/service/src/team/team.bench.ts [events in a second]
 */
import { existsSync, readFileSync } from 'node:fs'
import { processTeam } from './processes.fixture.ts'

const OFFERED_PER_SECOND = Number(process.argv[2] ?? 5250)
/** Of all agents, and of those that are left. */
const SECONDS = [10, 5] as const
/** V8 compiles what is slow meanwhile. */
const FIRST_EVENTS = 16_000
const FLOOD_EVENTS = 32_000
/** Events of one round of lines. */
const ROUND_EVENTS = 400
const VIEW_MS = 500
const TICK_MS = 2

const team = await processTeam({ viewMs: VIEW_MS, batch: 1024 })
const agents = Array.from({ length: team.agentCount }, (_, agent) => team.agent(agent))
const enforcer = team.enforcer('', '--deadline-ms=60000')
const eventCount = FIRST_EVENTS + FLOOD_EVENTS + OFFERED_PER_SECOND * (SECONDS[0] + SECONDS[1])
const lines = team.lines(Math.ceil(eventCount / ROUND_EVENTS))
const sentMs: number[] = []
const waitedMs: number[] = []
let isHeard: () => void = () => undefined
let rest = ''
enforcer.process.stdout?.on('data', (piece: Buffer) => {
  const whole = (rest + piece.toString()).split('\n')
  rest = whole.pop()!
  for (const _ of whole) waitedMs.push(performance.now() - sentMs[waitedMs.length])
  isHeard()
})

function feed(count: number): void {
  const from = sentMs.length
  for (let i = 0; i < count; i++) sentMs.push(performance.now())
  enforcer.process.stdin?.write(
    lines
      .slice(from, from + count)
      .map((line) => `${line}\n`)
      .join(''),
  )
}

async function heard(): Promise<void> {
  while (waitedMs.length < sentMs.length) {
    await new Promise<void>((resolve) => {
      isHeard = resolve
    })
  }
}

/** Feeds so many events in a second, for so long. @returns how many were certified in a second, and percentiles of the waits in milliseconds */
async function atRate(perSecond: number, seconds: number): Promise<string> {
  const from = sentMs.length
  const begin = performance.now()
  const count = perSecond * seconds
  while (sentMs.length - from < count) {
    const due = Math.min(count, Math.floor(((performance.now() - begin) / 1000) * perSecond)) - (sentMs.length - from)
    if (due > 0) feed(due)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await heard()
  const certified = (1000 * count) / (performance.now() - begin)
  const waits = waitedMs.slice(from).sort((a, b) => a - b)
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))].toFixed(0)
  return `offered ${perSecond}/s, certified ${certified.toFixed(0)}/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`
}

/** Seconds of processor time that a process has taken so far, by /proc: where that is not, NaN. */
function processorSeconds(pid: number | undefined): number {
  const stat = existsSync(`/proc/${pid}/stat`)
    ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    : []
  return (Number(stat[11]) + Number(stat[12])) / 100
}

feed(FIRST_EVENTS)
await heard()
const all = [...agents, enforcer]
const before = all.map(({ process }) => processorSeconds(process.pid))
const begin = performance.now()
feed(FLOOD_EVENTS)
await heard()
const perSecond = FLOOD_EVENTS / ((performance.now() - begin) / 1000)
const taken = all.map(({ process }, i) => (processorSeconds(process.pid) - before[i]).toFixed(2))
console.log(
  `${perSecond.toFixed(0)} certified decisions/s; processor seconds of agents and enforcer: ${taken.join(' ')}`,
)
console.log(`all agents, ${await atRate(OFFERED_PER_SECOND, SECONDS[0])}`)
agents[3].process.kill('SIGKILL')
console.log(`one killed, view 0 of ${VIEW_MS} ms, ${await atRate(OFFERED_PER_SECOND, SECONDS[1])}`)
enforcer.process.stdin?.end()
await enforcer.ended
for (const { process } of agents) process.kill('SIGKILL')
await Promise.all(agents.map(({ ended }) => ended))
team.remove()
