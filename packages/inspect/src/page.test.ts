import { join } from 'node:path'
import { expect, it } from 'vitest'
import { csvOf, honestFlows, isThreat, temporaryFolder } from './events.fixture.ts'
import { inspectData } from './inspect.ts'
import { renderInspection } from './page.ts'

async function pageOf(change: (row: ReturnType<typeof honestFlows>[number]) => object) {
  using folder = temporaryFolder()
  const data = folder.put('flows.csv', csvOf(honestFlows(800).map((row) => ({ ...row, ...change(row) }))))
  const inspection = await inspectData(data, { label: null, out: join(folder.path, 'events.yaml') })
  return { inspection, page: renderInspection(inspection) }
}

it('shows every finding and column, the pictures, and the draft', async () => {
  const { inspection, page } = await pageOf((row) => ({ sensor: isThreat(row) ? 'on' : 'off' }))
  for (const { code } of inspection.findings) expect(page).toContain(`<small>${code}</small>`)
  for (const { name } of inspection.columns) expect(page).toContain(`<th scope="row">${name}</th>`)
  for (const id of ['balance', 'split', 'order', 'alone', 'missing']) expect(page).toContain(`id="${id}-title"`)
  expect(page).toContain('1 problem was found: look at it before you train.')
  expect(page).toContain('label: { column: label, threat: [attack] }')
})

it('shows text of the data as text', async () => {
  const { page } = await pageOf((row) => ({ '<b>x': isThreat(row) ? '<script>' : 'fine' }))
  expect(page).not.toContain('<b>x')
  expect(page).not.toContain('<script>')
  expect(page).toContain('&#60;b&#62;x alone tells the label')
})
