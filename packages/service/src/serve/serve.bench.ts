/**
 * `npx node packages/service/src/serve/serve.bench.ts [events] [streams] [flags of the service]`: the service over loopback, its
 * client in the same machine.
 *
 * Decisions in a second by lines on one connection, how long answers take at 5,000 events in a second, and the service's memory. What is sent is
 * written before the clock runs, so that the client costs next to nothing beside the service. The team has four agents of two layers of 64 with drawn weights, and a history of described events.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { writeBundle } from '@vigil/runs'
import { describedRequest, drawnTeam, eventsFolder } from '../described-team.fixture.ts'

const [, , eventsText = '500000', streamsText = '100000', ...flags] = process.argv
const [eventCount, streamCount] = [Number(eventsText), Number(streamsText)]
const LINES_TOGETHER = 256
/** Events that are written ahead, and sent as one request. */
const REQUEST_EVENTS = 100_000
const PACED_PER_SECOND = 5000
const PACED_SECONDS = 10

const PROTOCOLS = ['tcp', 'udp', 'icmp']
const lineOf = (i: number, prefix: string) =>
  `{"id":"${prefix}${i}","ts":${1_700_000_000 + i / 1000},"host":"h${Math.imul(i, 48271) % streamCount}","proto":"${PROTOCOLS[i % 3]}","bytes":${(i * 7919) % 100_000},"port":${(i % 5) * 1111}}\n`

/** A request whose lines are answered while they are sent. */
function openLines(port: number): { readonly sent: ClientRequest; readonly answer: Promise<IncomingMessage> } {
  const headers = { 'content-type': 'application/x-ndjson' }
  const sent = request({ port, path: '/v1/decide', method: 'POST', headers })
  return { sent, answer: new Promise((resolve) => sent.once('response', resolve)) }
}

function linesIn(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) count++
  return count
}

async function metric(port: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}

/** As many as are taken. @returns decisions in a second */
async function flood(port: number, onTenth: (tenth: number) => Promise<void>): Promise<number> {
  let took = 0
  for (let first = 0; first < eventCount; first += REQUEST_EVENTS) {
    const end = Math.min(eventCount, first + REQUEST_EVENTS)
    took += await sendLines(port, piecesOf(first, end), end - first)
    const tenth = Math.floor((10 * end) / eventCount)
    if (Math.floor((10 * first) / eventCount) < tenth) await onTenth(tenth)
  }
  return (1000 * eventCount) / took
}

function piecesOf(first: number, end: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let i = first; i < end; i += LINES_TOGETHER) {
    let text = ''
    for (let j = i; j < Math.min(end, i + LINES_TOGETHER); j++) text += lineOf(j, 'f')
    pieces.push(Buffer.from(text))
  }
  return pieces
}

/** @returns milliseconds from the first byte to the last answer */
async function sendLines(port: number, pieces: readonly Buffer[], count: number): Promise<number> {
  const { sent, answer } = openLines(port)
  const start = performance.now()
  let answered = 0
  const reading = answer.then(async (response) => {
    for await (const piece of response) answered += linesIn(piece)
  })
  for (const piece of pieces) {
    if (!sent.write(piece)) await new Promise((resolve) => sent.once('drain', resolve))
  }
  sent.end()
  await reading
  if (answered !== count) throw new Error(`${answered} answers to ${count} events`)
  return performance.now() - start
}

/** @returns milliseconds from an event to its answer, sorted */
async function pace(port: number): Promise<number[]> {
  const { sent, answer } = openLines(port)
  const sentAt: number[] = []
  const took: number[] = []
  const reading = answer.then(async (response) => {
    for await (const piece of response) {
      const now = performance.now()
      for (let lines = linesIn(piece); lines > 0; lines--) took.push(now - sentAt[took.length])
    }
  })
  const start = performance.now()
  while (sentAt.length < PACED_PER_SECOND * PACED_SECONDS) {
    const due = Math.min(PACED_PER_SECOND * PACED_SECONDS, ((performance.now() - start) * PACED_PER_SECOND) / 1000)
    let text = ''
    while (sentAt.length < due) {
      text += lineOf(sentAt.length, 'p')
      sentAt.push(performance.now())
    }
    if (text !== '') sent.write(text)
    await wait(1)
  }
  sent.end()
  await reading
  return took.sort((a, b) => a - b)
}

const folder = eventsFolder()
const team = await drawnTeam(describedRequest(folder), { mode: 'stream', lstmHidden: [], policyHidden: [64, 64] })
await team.close()
const run = join(folder.path, 'run')
mkdirSync(run)
await writeBundle(run, team.bundle)
const command = ['packages/service/src/cli/serve.ts', `--run=${run}`, '--port=0', ...flags]
const child = spawn('node', command, { stdio: ['ignore', 'pipe', 'inherit'] })
let logs = ''
child.stdout.on('data', (text) => (logs += text))
try {
  let port = 0
  while (port === 0) {
    await wait(50)
    port = Number(/listening at http:\/\/[^"]*:(\d+)"/.exec(logs)?.[1] ?? 0)
  }
  const memory = async () => `${Math.round((await metric(port, 'process_resident_memory_bytes')) / 2 ** 20)} MiB`
  console.log(`${readFileSync('/proc/loadavg', 'utf8').split(' ')[0]} processes wanted to run in the minute before`)
  console.log(`memory before: ${await memory()}`)
  const before = await metric(port, 'process_cpu_seconds_total')
  const perSecond = await flood(port, async (tenth) => console.log(`memory after ${tenth} tenths: ${await memory()}`))
  console.log(`${eventCount} events of ${streamCount} streams: ${Math.round(perSecond)} decisions/s`)
  const seconds = (await metric(port, 'process_cpu_seconds_total')) - before
  console.log(`${Math.round(eventCount / seconds)} decisions in a second of the service's processor time`)
  const took = await pace(port)
  const percentile = (share: number) => took[Math.floor(share * took.length)].toFixed(2)
  console.log(
    `${PACED_PER_SECOND} events/s: median ${percentile(0.5)} ms, p99 ${percentile(0.99)} ms, longest ${percentile(1 - 1e-9)} ms`,
  )
  console.log(`memory after: ${await memory()}`)
} finally {
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('exit', resolve))
  folder.remove()
}
