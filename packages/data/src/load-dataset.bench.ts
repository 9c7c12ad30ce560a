/**
 * How fast events are loaded: read, encoded and divided.
 *
 *   npx node packages/data/src/load-dataset.bench.ts 2000000    # a CSV file of so many rows and 20 columns
 *   npx node packages/data/src/load-dataset.bench.ts FOLDER     # DARPA TC
 */
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DatasetRequest, loadDataset } from './load-dataset.ts'

/** Columns of numbers; four name an event, and one is its label. */
const NUMBERS = 15

const [what = '2000000'] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'vigil-loading-'))
try {
  const rest = { features: 'behaviour', split: 'stratified', splitSeed: 42, seed: 1, rows: null } as const
  if (/^\d+$/.test(what)) await measure({ dataset: 'events', path: await csvOf(Number(what)), ...rest })
  else await measure({ dataset: 'darpa-tc', path: what, ...rest })
} finally {
  rmSync(folder, { recursive: true })
}

async function measure(request: DatasetRequest): Promise<void> {
  const seconds = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1e6
  const [own, all, start] = [process.threadCpuUsage(), process.cpuUsage(), performance.now()]
  const { dataset } = await loadDataset(request)
  const wall = (performance.now() - start) / 1000
  const [ownSeconds, allSeconds] = [seconds(process.threadCpuUsage(own)), seconds(process.cpuUsage(all))]
  const rate = Math.round(dataset.rowCount / wall)
  console.log(`${dataset.rowCount} rows in ${wall.toFixed(2)} s: ${rate} rows/s`)
  console.log(`CPU: main thread ${ownSeconds.toFixed(2)} s, others ${(allSeconds - ownSeconds).toFixed(2)} s`)
  console.log(`fingerprint ${Buffer.from(dataset.fingerprint).toString('hex').slice(0, 16)}`)
}

/** Writes events, threats among them where a host is one of a tenth. @returns path of their description */
async function csvOf(rows: number): Promise<string> {
  const file = createWriteStream(join(folder, 'flows.csv'))
  const names = Array.from({ length: NUMBERS }, (_, i) => `f${i}`)
  file.write(`time,src,proto,service,${names.join(',')},label\n`)
  let state = 1
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  for (let row = 0; row < rows; row++) {
    const isThreat = random(10) === 0
    const cells = names.map((_, i) => (i % 3 > 0 ? random(1000) : (random(1e5) / 1e4 + (isThreat ? 1 : 0)).toFixed(4)))
    const line = `${row},h${random(5000)},p${random(3)},s${random(6)},${cells.join(',')},${isThreat ? 'bad' : 'good'}\n`
    if (!file.write(line)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
  const description = join(folder, 'flows.yaml')
  writeFileSync(description, 'files: { all: [flows.csv] }\nlabel: { column: label, benign: [good] }\n')
  return description
}
