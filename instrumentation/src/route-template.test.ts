import { expect, test } from 'vitest'
import { joinTemplates, routeTemplates, templateIndex } from './route-template.ts'

// Left: paths as the Express 5 guide and path-to-regexp 8 write them.
const cases: { path: unknown; expected: string[] }[] = [
  { path: '/users', expected: ['/users'] },
  { path: '/users/:id', expected: ['/users/{id}'] },
  { path: '/v2/*name/manifests/:reference', expected: ['/v2/{name}/manifests/{reference}'] },
  { path: '/flights/:from-:to', expected: ['/flights/{from}-{to}'] },
  { path: '/users{/:id}/delete', expected: ['/users/{id}/delete', '/users/delete'] },
  { path: '/:file{.:ext}', expected: ['/{file}.{ext}', '/{file}'] },
  { path: '/:"kebab-name"/x', expected: ['/{kebab-name}/x'] },
  { path: '/literal\\:colon', expected: ['/literal:colon'] },
  { path: ['/a', '/b/:id'], expected: ['/a', '/b/{id}'] },
  { path: /^\/commits\/(\d+)$/i, expected: ['/^\\/commits\\/(\\d+)$/i'] },
]
for (const { path, expected } of cases)
  test(`${path} is written ${expected.join(' and ')}`, () =>
    expect(routeTemplates(path).map(({ template }) => template)).toEqual(expected))

const mounts: { prefix: string; inner: string; expected: string }[] = [
  { prefix: '/', inner: '/users', expected: '/users' },
  { prefix: '/', inner: '/', expected: '/' },
  { prefix: '/v2', inner: '/', expected: '/v2' },
  { prefix: '/v2/', inner: '/:name', expected: '/v2/{name}' },
  { prefix: '/orgs/:org', inner: '/repos/:repo', expected: '/orgs/{org}/repos/{repo}' },
]
for (const { prefix, inner, expected } of mounts)
  test(`${inner} mounted at ${prefix} is ${expected}`, () => {
    const [joined] = routeTemplates(prefix).flatMap((at) =>
      routeTemplates(inner).map((one) => joinTemplates(at, one)),
    )
    expect(joined?.template).toBe(expected)
  })

test('the path of the request tells which template of a route it took', () => {
  const templates = routeTemplates(['/users{/:id}', '/people/:id', '/a.b'])
  const taken = (path: string) => templates[templateIndex(templates, path)]?.template
  expect(taken('/users')).toBe('/users')
  expect(taken('/users/7')).toBe('/users/{id}')
  expect(taken('/people/7/')).toBe('/people/{id}')
  expect(taken('/a.b')).toBe('/a.b')
})

test('twenty optional groups do not become a million routes', () => {
  expect(routeTemplates('{/:a}'.repeat(20)).length).toBeLessThanOrEqual(16)
})
