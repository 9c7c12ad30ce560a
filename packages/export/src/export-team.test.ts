import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeBundle, writeEvaluation } from '@vigil/runs'
import { sampleEvaluation } from '@vigil/runs/sample-run.fixture'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { describedEvents, drawnBundle, writeRequest } from './drawn-team.fixture.ts'
import { EXPORT_FORMATS, exportTeam } from './export-team.ts'
import { onnxModel } from './onnx/model.ts'

let events: ReturnType<typeof describedEvents>
let folder: string
beforeEach(() => {
  events = describedEvents()
  folder = mkdtempSync(join(tmpdir(), 'vigil-team-'))
})
afterEach(() => {
  events.remove()
  rmSync(folder, { recursive: true })
})

async function writeRun(): Promise<void> {
  const bundle = await drawnBundle(events.request)
  await writeBundle(folder, bundle)
  writeRequest(folder, events.request, bundle)
  await writeEvaluation(join(folder, 'evaluation.json'), sampleEvaluation())
}

describe.each(EXPORT_FORMATS)('a team as %s', (format) => {
  const out = () => join(folder, 'team.file')

  it('is written whole, and the same bytes every time', async () => {
    await writeRun()
    const bytes = await exportTeam(folder, { format, out: out() })
    const first = readFileSync(out())
    expect(first).toHaveLength(bytes)
    rmSync(out())
    await exportTeam(folder, { format, out: out() })
    expect(readFileSync(out()).equals(first)).toBe(true)
  })

  it('touches no file that is there', async () => {
    await writeRun()
    writeFileSync(out(), 'mine')
    await expect(exportTeam(folder, { format, out: out() })).rejects.toMatchObject({
      code: 'OUT_EXISTS',
      kind: 'usage',
    })
    expect(readFileSync(out(), 'utf8')).toBe('mine')
  })

  it('needs a bundle, and leaves nothing without one', async () => {
    await expect(exportTeam(folder, { format, out: out() })).rejects.toMatchObject({ code: 'BUNDLE_MISSING' })
    expect(existsSync(out())).toBe(false)
  })

  it('is not written into a folder that is not there', async () => {
    await writeRun()
    const lost = join(folder, 'absent', 'team.file')
    await expect(exportTeam(folder, { format, out: lost })).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' })
  })
})

describe('a team has no ONNX model', () => {
  it('where it remembers independent events', async () => {
    const bundle = await drawnBundle(events.request, { network: { lstmHidden: [8] } })
    expect(() => onnxModel(bundle)).toThrow(expect.objectContaining({ code: 'TEAM_UNEXPORTABLE', kind: 'data' }))
  })

  it('where its policies see the robustness of specifications, but has one where only critics do', async () => {
    const specification = { name: 'few alarms', formula: 'G (fp_rate[100] <= 0.02)', target: 0.9 }
    const bundle = await drawnBundle(events.request, {
      environment: { mode: 'stream', observeConstraints: true, specifications: [specification.formula] },
      network: { constraintCount: 1, policyHidden: [8], layerNorm: false },
    })
    expect(() => onnxModel(bundle)).toThrow(/robustness of its specifications/)
    const blind = bundle.parameters.slice()
    const { vocabularySizes, denseSize } = bundle.network
    const embedding = 8 * vocabularySizes.reduce((sum, size) => sum + size, 0)
    const last = embedding + 8 * (denseSize - 1)
    for (let agent = 0; agent < 4; agent++)
      blind.fill(0, (agent * blind.length) / 4 + last, (agent * blind.length) / 4 + last + 8)
    expect(onnxModel({ ...bundle, parameters: blind }).length).toBeGreaterThan(1000)
  })

  it('where a column has the name of its own inputs', async () => {
    const bundle = await drawnBundle(events.request)
    const [first, ...columns] = bundle.pipeline.columns
    const pipeline = { ...bundle.pipeline, columns: [{ ...first, source: 'team.state' }, ...columns] }
    expect(() => onnxModel({ ...bundle, pipeline })).toThrow(/a column is called 'team.state'/)
  })
})
