export type CodeBlock = { at: string; info: string; text: string }

/** Fenced code blocks of a Markdown page, with `page:line` of each. */
export function codeBlocks(page: string, markdown: string): CodeBlock[] {
  return [...markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ({ 1: info = '', 2: text = '', index }) => ({
      at: `${page}:${markdown.slice(0, index).split('\n').length}`,
      info: info.trim(),
      text,
    }),
  )
}
