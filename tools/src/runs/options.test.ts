import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

describe('the words of tools:runs', () => {
  it('list where there are none', () => {
    expect(parseOptions([])).toMatchObject({ action: 'list', within: 'runs', runs: [], tags: [], json: false })
    expect(parseOptions(['--in=other', '--json'])).toMatchObject({ action: 'list', within: 'other', json: true })
  })

  it('name runs once, without a slash at the end', () => {
    expect(parseOptions(['compare', '--runs=a/,b, a', '--page=x.html'])).toMatchObject({
      ...{ action: 'compare', runs: ['a', 'b'], page: 'x.html' },
    })
    expect(parseOptions(['delete', '--runs=/', '--yes']).runs).toEqual(['/'])
  })

  it.each([
    [['lst'], 'Did you mean list?'],
    [['zzzzzzzz'], 'It may be list, compare, tag, delete.'],
    [['delete'], 'delete needs the runs by name'],
    [['tag', '--runs=a'], 'tag needs --tag=NAME or --untag=NAME.'],
    [['tag', '--runs=a', '--tag=two words'], 'A tag must be a word'],
    [['tag', '--runs=a', '--tag=../up'], 'A tag must be a word'],
    [['list', '--yes'], '--yes is of delete'],
    [['--page=x'], '--page is of compare'],
    [['delete', '--runs=a', '--tag=old'], 'Leave --tag out.'],
    [['list', '--run=a'], 'Did you mean --runs?'],
  ])('refuse %j', (words, message) => {
    expect(() => parseOptions(words)).toThrow(message)
  })
})
