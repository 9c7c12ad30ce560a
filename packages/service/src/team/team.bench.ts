/**
 * A team of four processes and its enforcer on this machine: certified decisions in a second as fast as events are taken, and how
 * long an event waits for its decision at half of that, with all agents and with one killed.
 *
 *   npx node packages/service/src/team/team.bench.ts
 */
import { existsSync, readFileSync } from 'node:fs'
import { processTeam } from './processes.fixture.ts'

const ROUNDS = 100
const VIEW_MS = 500
const TICK_MS = 10

const team = await processTeam({ viewMs: VIEW_MS, batch: 1024 })
const agents = Array.from({ length: team.agentCount }, (_, agent) => team.agent(agent))
const enforcer = team.enforcer('', '--deadline-ms=60000')
const lines = team.lines(ROUNDS)
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

/** Feeds so many events in a second, for so long. @returns the 50th and 99th percentile of the waits, in milliseconds */
async function atRate(perSecond: number, seconds: number): Promise<string> {
  const from = sentMs.length
  const begin = performance.now()
  while (performance.now() - begin < 1000 * seconds) {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond) - (sentMs.length - from)
    if (due > 0) feed(due)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  await heard()
  const waits = waitedMs.slice(from).sort((a, b) => a - b)
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))].toFixed(0)
  return `${waits.length} events at ${perSecond}/s: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms`
}

/** Seconds of processor time that a process has taken so far, by /proc: where that is not, NaN. */
function processorSeconds(pid: number | undefined): number {
  const stat = existsSync(`/proc/${pid}/stat`)
    ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
    : []
  return (Number(stat[11]) + Number(stat[12])) / 100
}

feed(1000)
await heard()
const all = [...agents, enforcer]
const before = all.map(({ process }) => processorSeconds(process.pid))
const begin = performance.now()
feed(16_000)
await heard()
const perSecond = 16_000 / ((performance.now() - begin) / 1000)
const taken = all.map(({ process }, i) => (processorSeconds(process.pid) - before[i]).toFixed(2))
console.log(
  `${perSecond.toFixed(0)} certified decisions/s; processor seconds of agents and enforcer: ${taken.join(' ')}`,
)
const half = Math.floor(perSecond / 2)
console.log(`all agents, ${await atRate(half, Math.min(5, 5000 / half))}`)
agents[3].process.kill('SIGKILL')
console.log(`one killed, view 0 of ${VIEW_MS} ms, ${await atRate(half, Math.min(8, 8000 / half))}`)
enforcer.process.stdin?.end()
await enforcer.ended
for (const { process } of agents) process.kill('SIGKILL')
await Promise.all(agents.map(({ ended }) => ended))
team.remove()
