import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** What a person who makes a mistake sees: one message, the right exit code, no stack, nothing half-written. */
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vigil-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function command(name: 'train' | 'evaluate', flags: readonly string[]) {
  const script = new URL(`./${name}.ts`, import.meta.url).pathname
  const env = { ...process.env, VIGIL_NX_COMMAND_LINE: undefined, VIGIL_NX_EXIT_CODE_FILE: undefined }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...flags], {
    cwd: folder,
    encoding: 'utf8',
    env,
  })
  return { status, stdout, stderr }
}

function expectRefusal(result: ReturnType<typeof command>, status: number, message: RegExp): void {
  expect(result.stderr).toMatch(message)
  expect(result.stderr).not.toMatch(/\n\s+at /)
  expect(result.stderr.match(/error [A-Z_]+:/g)).toHaveLength(1)
  expect(result.status).toBe(status)
}

describe('train refuses', () => {
  it.each([
    [['--agents=3', '--faults=1'], 2, /CONFLICT: 3 agents cannot tolerate 1 Byzantine fault/],
    [['--itterations=3'], 2, /UNKNOWN_FLAG: There is no flag --itterations\. Did you mean --iterations\?/],
    [['--parallel=banana'], 2, /INVALID_VALUE: --parallel is of several seeds\. Give --seeds=1\.\.5/],
    [['--seed=abc'], 2, /INVALID_VALUE: --seed must be a number, but is "abc"/],
    [['--config=nowhere.json'], 2, /CONFIG_FILE: The config file nowhere\.json cannot be read/],
    [['--preset=original'], 2, /UNKNOWN_FLAG: There is no flag --preset here\. .*npx nx run lab:train --preset=/],
    [['--team-bonus=1'], 2, /UNKNOWN_FLAG: There is no flag --team-bonus here\. .*npx nx run lab:train --team-bonus=/],
    [['--config=c.json', '--resume=nowhere'], 2, /CONFLICT: .* not --config\./],
    [['--dataset=darpa-tc'], 2, /CONFLICT: .*Give --data=PATH/],
    [['--dataset=darpa-tc', '--data=no/such/folder'], 3, /PATH_MISSING: .*no\/such\/folder/],
    [['--environment=triage', '--backend=tensorflow', '--rows=1000'], 2, /BACKEND_UNAVAILABLE: .*npm install/],
    [
      [
        ...[
          '--environment=triage',
          '--rows=1000',
          '--policy=lstm',
          '--rollout-steps=65536',
          '--shards=1',
          '--rows-per-iteration=65536',
        ],
        ...['--minibatch-size=65536', '--lstm-hidden=512', '--engine=portable', '--engine-threads=8', '--actors=1'],
      ],
      3,
      /MEMORY: .* fewer threads \(engineThreads, here 8\), .*rolloutSteps, here 65536/,
    ],
    [
      ['--environment=triage', '--specifications=true'],
      2,
      /INVALID_VALUE: .*"true": It reads no signal.*The signals are/,
    ],
    [
      ['--environment=triage', '--specifications=G (1 > 0)', '--stl-mode=lagrangian'],
      2,
      /INVALID_VALUE: .*It reads no signal/,
    ],
    [['--environment=triage', '--specifications=false_positive = 0'], 2, /INVALID_VALUE: /],
    [['--max-false-positive-rate=2'], 2, /INVALID_VALUE: --max-false-positive-rate must be a number from 0 to 1/],
    [
      ['--environment=triage', '--max-alerts-per-day=50', '--rows=1000'],
      2,
      /CONFLICT: --max-alerts-per-day .* they have no times/,
    ],
    [
      ['--environment=triage', '--max-false-containment-rate=0.02'],
      2,
      /CONFLICT: --max-false-containment-rate .* environment "triage" contains none/,
    ],
    [
      ['--environment=respond', '--dataset=quickest', '--max-alerts-per-day=50'],
      2,
      /CONFLICT: --max-false-positive-rate and --max-alerts-per-day .* environment "respond" has none/,
    ],
    [
      ['--environment=respond', '--dataset=quickest', '--max-false-positive-rate=0.01'],
      2,
      /CONFLICT: --max-false-positive-rate and --max-alerts-per-day .* environment "respond" has none/,
    ],
    [
      ['--max-false-positive-rate=0.01', '--skip-evaluation'],
      2,
      /CONFLICT: --max-false-positive-rate and .* but --skip-evaluation leaves it out/,
    ],
    [['--max-false-containment-rate=0'], 2, /INVALID_VALUE: --max-false-containment-rate must be a number from/],
    [['--resume=nowhere'], 2, /RUN_FOLDER: .*nowhere is not the folder of a run: there is no such folder\. Give one/],
    [['--from=nowhere'], 2, /RUN_FOLDER: .*nowhere is not the folder of a run/],
    [['--from'], 2, /--from/],
    [['--from=nowhere', '--resume=nowhere'], 2, /CONFLICT: .* not --from\./],
    [['--resume=nowhere', '--seed=2'], 2, /CONFLICT: --resume goes on with the settings of the run/],
  ])('%j', (flags, status, message) => {
    expectRefusal(command('train', flags), status, message)
    expect(existsSync(join(folder, 'runs'))).toBe(false)
  })

  it('a run folder that cannot be made', () => {
    writeFileSync(join(folder, 'file'), '')
    expectRefusal(
      command('train', ['--environment=triage', '--out=file', '--rows=1000']),
      2,
      /RUN_FOLDER: The run folder file cannot be used/,
    )
    expectRefusal(
      command('train', ['--environment=triage', '--out=file/run', '--rows=1000']),
      2,
      /RUN_FOLDER: The run folder file\/run cannot be/,
    )
  })

  it('a folder that holds something already', () => {
    mkdirSync(join(folder, 'full'))
    writeFileSync(join(folder, 'full', 'notes.txt'), 'mine')
    expectRefusal(
      command('train', ['--environment=triage', '--out=full', '--rows=1000']),
      2,
      /RUN_FOLDER: .*is not empty/,
    )
    expect(readdirSync(join(folder, 'full'))).toEqual(['notes.txt'])
  })
})

describe('a run', () => {
  const SMALL = [
    '--environment=triage',
    '--rows=2000',
    '--iterations=2',
    '--policy-hidden=16',
    '--value-hidden=8',
    '--rows-per-iteration=256',
    '--minibatch-size=256',
  ]

  it('prints plain lines in a pipe and can be evaluated again', () => {
    const trained = command('train', [...SMALL, '--out=run'])
    expect(trained.stderr).toBe('')
    expect(trained.status).toBe(0)
    const controlMark = String.fromCharCode(27)
    expect(trained.stdout).not.toContain(controlMark)
    expect(trained.stdout).toMatch(/iteration 2\/2/)
    const before = readFileSync(join(folder, 'run', 'evaluation.json'), 'utf8')
    const evaluated = command('evaluate', ['--run=run'])
    expect(evaluated.status).toBe(0)
    expect(readFileSync(join(folder, 'run', 'evaluation.json'), 'utf8')).toBe(before)
  })

  it('has the settings of a file, overruled by flags', () => {
    const file = { entropyCoef: 0.3, valueCoef: 2, rewards: { truePositive: 7, trueNegative: 3 } }
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(file))
    const layers = ['--config=settings.json', '--entropy-coef=0.4', '--rewards.true-negative=4']
    const small = [...SMALL, '--iterations=1', '--minibatch-size=128']
    expect(command('train', [...small, ...layers, '--out=layers'])).toMatchObject({ status: 0, stderr: '' })
    expect(JSON.parse(readFileSync(join(folder, 'layers', 'config.json'), 'utf8'))).toMatchObject({
      ...{ valueCoef: 2, entropyCoef: 0.4 },
      rewards: { truePositive: 7, trueNegative: 4, falsePositive: -8 },
    })
    writeFileSync(join(folder, 'settings.json'), JSON.stringify({ rewards: { truePositve: 7 } }))
    expectRefusal(
      command('train', layers),
      2,
      /UNKNOWN_KEY: settings\.json: there is no setting "rewards\.truePositve"\. Did you mean "rewards\.truePositive"\?/,
    )
    writeFileSync(join(folder, 'settings.json'), JSON.stringify({ rewards: { truePositive: 'much' } }))
    expectRefusal(command('train', layers), 2, /INVALID_VALUE: settings\.json: rewards\.truePositive must be a number/)
  })

  it('ends with a rule that has no value at some step', () => {
    const flags = [...SMALL, '--specifications=G (1 / true_positive < 2)', '--out=rule']
    expectRefusal(command('train', flags), 2, /SPECIFICATION_VALUE: /)
  })

  it('tells with --json the figures of the evaluation that was made, and none of one from before', () => {
    const { stdout, stderr } = command('evaluate', ['--run=run', '--split=validation', '--json'])
    const { team, verdict } = JSON.parse(readFileSync(join(folder, 'run', 'evaluation-validation.json'), 'utf8'))
    const result = { folder: 'run', split: 'validation', team, verdict, files: expect.any(Array) }
    expect(JSON.parse(stdout)).toEqual({ command: 'learner:evaluate', exitCode: 0, result })
    expect(stderr).toContain('on the validation split')
    expect(existsSync(join(folder, 'run', 'evaluation.json'))).toBe(true)
    const resumed = command('train', ['--resume=run', '--skip-evaluation', '--json'])
    expect(JSON.parse(resumed.stdout)).toMatchObject({ exitCode: 0, result: { folder: expect.any(String) } })
    expect(Object.keys(JSON.parse(resumed.stdout).result)).toEqual(['folder', 'files'])
    expect(JSON.stringify(JSON.parse(resumed.stdout).result.files)).not.toContain('evaluation')
  })

  it('is not touched by a wrong evaluation or a damaged checkpoint', () => {
    expectRefusal(
      command('evaluate', ['--run=run', '--split=train']),
      2,
      /--split must be one of test, validation, but is "train"/,
    )
    expectRefusal(
      command('evaluate', ['--run=run', '--attack=crush']),
      2,
      /--attack must be one of all, .*, but is "crush"/,
    )
    expectRefusal(
      command('evaluate', ['--run=run', '--certify=maybe']),
      2,
      /--certify must be true or false, but is "maybe"/,
    )
    expectRefusal(command('evaluate', []), 2, /--run=runs\/NAME/)
    const best = join(folder, 'run', 'checkpoints', 'best.checkpoint')
    truncateSync(best, 1000)
    expectRefusal(command('evaluate', ['--run=run']), 3, /DAMAGED: .*best\.checkpoint is not a whole checkpoint/)
    const latest = join(folder, 'run', 'checkpoints', 'latest.checkpoint')
    writeFileSync(latest, 'not a checkpoint at all, but long enough to be one, one might think')
    expectRefusal(command('train', ['--resume=run']), 3, /DAMAGED: .*latest\.checkpoint/)
    writeFileSync(join(folder, 'run', 'config.json'), '{"agents": "many"}')
    expectRefusal(command('train', ['--resume=run']), 2, /config\.json: agents must be a number, but is "many"/)
  })
})
