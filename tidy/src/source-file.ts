import { parseSync, Visitor } from 'oxc-parser'

interface FunctionSize {
  name: string
  line: number
  lineCount: number
}

export interface SourceFile {
  /** What the file imports or re-exports, types included, as written. */
  imports: string[]
  /** Names that the file exports by itself or passes on by name. */
  exportedNames: string[]
  /** What the file passes on whole: `export * from`. */
  passedOnWhole: string[]
  functions: FunctionSize[]
  lineCount: number
  /** Lines that hold more than blanks and comments. */
  sourceLineCount: number
}

/** @throws {SyntaxError} when the text is neither TypeScript nor AssemblyScript */
export function parseSource(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, withoutDecorators(text))
  if (errors.length > 0) throw new SyntaxError(`${path}: ${errors[0]?.message}`)
  const lineOf = lineCounter(text)
  const functions: FunctionSize[] = []
  const measure = (name: string, node: { start: number; end: number }): void => {
    const line = lineOf(node.start)
    functions.push({ name, line, lineCount: lineOf(node.end) - line + 1 })
  }
  const typeImports: string[] = []
  new Visitor({
    FunctionDeclaration: (node) => measure(node.id?.name ?? 'default', node),
    MethodDefinition: (node) => measure(node.key.type === 'Identifier' ? node.key.name : 'computed', node),
    VariableDeclarator: (node) => {
      const isFunction = node.init?.type === 'ArrowFunctionExpression' || node.init?.type === 'FunctionExpression'
      if (isFunction && node.id.type === 'Identifier') measure(node.id.name, node)
    },
    TSImportType: (node) => void typeImports.push(node.source.value),
  }).visit(program)

  const exported = module.staticExports.flatMap((statement) => statement.entries)
  const dynamic = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => stringLiteral(text, start, end))
  return {
    imports: [
      ...module.staticImports.map((statement) => statement.moduleRequest.value),
      ...exported.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : [])),
      ...dynamic,
      ...typeImports,
    ],
    exportedNames: exported.flatMap(({ exportName }) => (exportName.name === null ? [] : [exportName.name])),
    passedOnWhole: exported.flatMap((entry) =>
      entry.importName.kind === 'AllButDefault' && entry.moduleRequest ? [entry.moduleRequest.value] : [],
    ),
    functions,
    lineCount: text.split('\n').length - 1,
    sourceLineCount: countSourceLines(text, comments),
  }
}

/** AssemblyScript allows decorators on functions, TypeScript does not. Blanks in their place keep every position. */
function withoutDecorators(text: string): string {
  return text.replace(/^\s*@\w+(\([^)]*\))?/gm, (decorator) => decorator.replace(/[^\n]/g, ' '))
}

function stringLiteral(text: string, start: number, end: number): string[] {
  const literal = /^['"](.*)['"]$/.exec(text.slice(start, end))
  return literal?.[1] === undefined ? [] : [literal[1]]
}

function lineCounter(text: string): (offset: number) => number {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return (offset) => {
    let line = starts.length
    while (line > 1 && (starts[line - 1] as number) > offset) line--
    return line
  }
}

function countSourceLines(text: string, comments: readonly { start: number; end: number }[]): number {
  let code = ''
  let from = 0
  for (const { start, end } of comments) {
    code += text.slice(from, start) + text.slice(start, end).replace(/[^\n]/g, ' ')
    from = end
  }
  code += text.slice(from)
  return code.split('\n').filter((line) => line.trim() !== '').length
}
