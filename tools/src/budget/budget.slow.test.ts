import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const COMMAND = fileURLToPath(new URL('./budget.ts', import.meta.url))

it('prints the curve as JSON, in which more analysts save no less than nothing where the budget binds', () => {
  const words = ['--dataset=quickest', '--rows=20000', '--analysts=2', '--alerts-per-analyst=5', '--json']
  const { status, stdout } = spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' })
  expect(status).toBe(0)
  const { analysts } = JSON.parse(stdout)
  expect(analysts.map(({ budget }: { budget: number }) => budget)).toEqual([0, 5, 10])
  expect(analysts[0].saved).toBeNull()
  expect(analysts[0].price).toBeGreaterThanOrEqual(analysts[1].price)
  expect(analysts[1].saved).toBeGreaterThan(0)
  expect(analysts[1].price).toBeGreaterThanOrEqual(analysts[2].price)
})
