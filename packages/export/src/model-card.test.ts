import type { Bundle } from '@vigil/runs'
import { sampleEvaluation } from '@vigil/runs/sample-run.fixture'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parse } from 'yaml'
import { describedEvents, drawnBundle } from './drawn-team.fixture.ts'
import { modelCard } from './model-card.ts'

let events: ReturnType<typeof describedEvents>
let bundle: Bundle
beforeAll(async () => {
  events = describedEvents()
  bundle = await drawnBundle(events.request, { environment: { mode: 'stream' }, network: { lstmHidden: [8] } })
})
afterAll(() => events.remove())

it('a card has a header of YAML with the figures of the evaluation', () => {
  const evaluation = sampleEvaluation()
  const [empty, header] = modelCard('my: "team"', { bundle, evaluation }).split('---\n')
  expect(empty).toBe('')
  const { 'model-index': index, library_name, tags } = parse(header)
  expect({ library_name, name: index[0].name }).toEqual({ library_name: 'vigil', name: 'my: "team"' })
  expect(tags).toContain('reinforcement-learning')
  const [{ dataset, metrics }] = index[0].results
  expect(dataset).toEqual({ name: evaluation.dataset, type: evaluation.dataset, split: evaluation.split })
  for (const { type, value } of metrics) expect(value).toBe(evaluation.team[type as 'f1'])
  expect(metrics).toHaveLength(6)
})

it('its tables have the team and every baseline, every class, and what the team was made of', () => {
  const evaluation = sampleEvaluation()
  const rows = modelCard('team', { bundle, evaluation })
    .split('\n')
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').replaceAll('\\', '')))
  const firsts = rows.filter((cells) => cells.length > 1).map(([first]) => first)
  for (const { name } of [...evaluation.baselines, ...evaluation.perClass]) expect(firsts).toContain(name)
  expect(rows).toContainEqual(['policy of an agent', 'hidden layers of 13 x 16, LSTM layers of 8'])
  expect(rows).toContainEqual(['rows, SHA-256', 'da'.repeat(32)])
  expect(rows).toContainEqual(['events', 'streams in the order of time'])
})

it('text of the data means nothing in it', () => {
  const [first, ...others] = sampleEvaluation().perClass
  const hostile = { ...first, name: '<script>|\n# a [link](x)' }
  const card = modelCard('team', { bundle, evaluation: { ...sampleEvaluation(), perClass: [hostile, ...others] } })
  expect(card).not.toContain('<script>|')
  expect(card.split('\n').filter((line) => line.startsWith('# '))).toEqual(['# team'])
  expect(card).toContain('\\<script\\>\\|')
})
