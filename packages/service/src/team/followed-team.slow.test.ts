/** A team of processes on a file that others add to and rotate, whose enforcer is killed: each event has one answer, within an envelope. */
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { processTeam, type Running } from './processes.fixture.ts'

const running: Running[] = []
let remove: () => void = () => undefined
afterEach(async () => {
  for (const { process } of running) process.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  remove()
})

it('decides on each line of a followed file once, through SIGKILL and while the file is rotated', async () => {
  const team = await processTeam({ viewMs: 60_000, batch: 16 })
  remove = team.remove
  for (let agent = 0; agent < team.agentCount; agent++) running.push(team.agent(agent))
  const path = team.file('live.jsonl')
  // None has an id of its own: lines are known by their numbers alone.
  const events = team.lines().map((line) => line.replace(/"id":"[^"]*",/, ''))
  const text = (from: number, to: number) =>
    events
      .slice(from, to)
      .map((line) => `${line}\n`)
      .join('')
  const begin = (): Running => {
    const enforcer = team.enforcer('', `--follow=${path}`, '--deadline-ms=120000', '--envelope=cloudevents')
    running.push(enforcer)
    return enforcer
  }
  const answered = async (rows: number) =>
    await expect.poll(() => team.decisions().length, { timeout: 60_000, interval: 20 }).toBeGreaterThanOrEqual(rows)
  writeFileSync(path, text(0, 200))
  const first = begin()
  await answered(30)
  first.process.kill('SIGKILL')
  await first.ended
  expect(team.decisions().length).toBeLessThan(200)
  // While nobody reads, the file is rotated.
  appendFileSync(path, text(200, 240))
  renameSync(path, `${path}.1`)
  writeFileSync(path, text(240, 300))
  const second = begin()
  await answered(300)
  appendFileSync(path, text(300, events.length))
  await answered(events.length)
  second.process.kill('SIGTERM')
  expect(await second.ended).toBe(143)
  expect(team.decisions()).toEqual(await team.alone(events))
  const printed = second.printed().trimEnd().split('\n')
  const [manifest] = (JSON.parse(printed[0]) as { id: string }).id.split('/line-')
  const last = team.decisions().slice(-printed.length)
  expect(printed.map((line) => JSON.parse(line) as object)).toMatchObject(
    last.map((line) => {
      const data = JSON.parse(line) as { readonly id: number }
      return { specversion: '1.0', id: `${manifest}/line-${data.id}`, data }
    }),
  )
})
