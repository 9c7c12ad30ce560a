import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../../../clients/python/to_mlflow.py', import.meta.url))
const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0

type Batch = {
  run_id: string
  metrics?: { key: string; value: number; step: number }[]
  params?: { key: string; value: string }[]
}

/** Answers as the REST API of MLflow is documented, with an experiment that is there already. */
async function trackingServer() {
  const seen: { path: string; body: Record<string, unknown> }[] = []
  const files = new Map<string, string>()
  const answers: Record<string, [number, object]> = {
    'experiments/create': [400, { error_code: 'RESOURCE_ALREADY_EXISTS', message: 'there is one' }],
    'experiments/search': [200, { experiments: [{ experiment_id: '7' }] }],
    'runs/create': [200, { run: { info: { run_id: 'abc', artifact_uri: 'mlflow-artifacts:/7/a b/artifacts' } } }],
  }
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join('')
    const path = request.url!.replace('/api/2.0/mlflow/', '')
    if (request.method === 'PUT') files.set(path, text)
    else seen.push({ path, body: JSON.parse(text) })
    const [status, answer] = answers[path] ?? [200, {}]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { seen, files, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
}

it.skipIf(!HAS_PYTHON)(
  'a run is copied to MLflow in requests within its limits, with its files (where Python 3 is)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vigil-mlflow-'))
    const server = await trackingServer()
    try {
      const run = join(folder, 'small')
      mkdirSync(run)
      const settings = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`setting${i}`, i]))
      writeFileSync(join(run, 'config.json'), JSON.stringify({ ...settings, policyHidden: [8], dataset: 'synthetic' }))
      const lines = Array.from({ length: 300 }, (_, i) => ({
        ...{
          iteration: i + 1,
          rewardMean: i / 7,
          entropy: 1,
          timeToGoShare: null,
          stl: [],
          actions: { allow: i, block: 2 },
        },
        validation: i === 299 ? { f1: 0.5, iteration: 3 } : null,
      }))
      writeFileSync(join(run, 'metrics.jsonl'), `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
      const child = spawn('python3', [SCRIPT, run, `${server.url}/`], { stdio: ['ignore', 'pipe', 'inherit'] })
      const said = (await child.stdout.toArray()).join('')
      expect(said).toBe('abc\n')
      expect(server.seen.map(({ path }) => path).filter((path) => path !== 'runs/log-batch')).toEqual([
        ...['experiments/create', 'experiments/search', 'runs/create', 'runs/update'],
      ])
      const created = server.seen.find(({ path }) => path === 'runs/create')!.body
      expect(created).toMatchObject({ experiment_id: '7', run_name: 'small' })
      const batches = server.seen.filter(({ path }) => path === 'runs/log-batch').map(({ body }) => body as Batch)
      for (const { metrics = [], params = [] } of batches) {
        expect(metrics.length).toBeLessThanOrEqual(1000)
        expect(params.length).toBeLessThanOrEqual(100)
      }
      const params = batches.flatMap((batch) => batch.params ?? [])
      expect(params).toHaveLength(122)
      expect(params).toContainEqual({ key: 'policyHidden', value: '[8]' })
      expect(params).toContainEqual({ key: 'dataset', value: 'synthetic' })
      const points = batches
        .flatMap((batch) => batch.metrics ?? [])
        .map(({ key, value, step }) => `${key} ${step} ${value}`)
      const expected = lines.flatMap(({ iteration: step, rewardMean, entropy, actions }) => [
        ...[`train/rewardMean ${step} ${rewardMean}`, `train/entropy ${step} ${entropy}`],
        ...[`actions/allow ${step} ${actions.allow}`, `actions/block ${step} 2`],
      ])
      // As the service of artefacts is described: the path of the run's address behind that of the API.
      const place = '/api/2.0/mlflow-artifacts/artifacts/7/a%20b/artifacts'
      expect([...server.files.keys()]).toEqual([`${place}/config.json`, `${place}/metrics.jsonl`])
      expect(server.files.get(`${place}/config.json`)).toBe(readFileSync(join(run, 'config.json'), 'utf8'))
      expect(points.sort()).toEqual([...expected, 'validation/f1 300 0.5', 'validation/iteration 300 3'].sort())
    } finally {
      server.close()
      rmSync(folder, { recursive: true })
    }
  },
)
