import { expect, test } from 'vitest'
import { basicAuthorization, parseChallenge, parseToken, tokenUrl } from './auth.ts'

const REALM = 'https://auth.docker.io/token'

test('the challenge of Docker Hub names its token server and service', () => {
  const header = `Bearer realm="${REALM}",service="registry.docker.io",scope="repository:library/alpine:pull"`
  const challenge = parseChallenge(header)
  expect(challenge).toEqual({ scheme: 'bearer', realm: new URL(REALM), service: 'registry.docker.io' })
  if (challenge?.scheme !== 'bearer') throw new Error('not bearer')
  expect(tokenUrl(challenge, 'repository:a/b:pull,push').searchParams.get('scope')).toBe(
    'repository:a/b:pull,push',
  )
})

test('Bearer is answered before Basic, in any order', () => {
  for (const header of [
    `Basic realm="r", Bearer realm="${REALM}"`,
    `Bearer realm="${REALM}", Basic realm="r"`,
  ])
    expect(parseChallenge(header)).toEqual({ scheme: 'bearer', realm: new URL(REALM) })
})

test('schemes are read without regard to case, and a quoted comma belongs to its value', () => {
  expect(parseChallenge('BASIC realm="a, b"')).toEqual({ scheme: 'basic' })
  expect(parseChallenge(`bearer service="a, b",realm="${REALM}"`)).toMatchObject({ service: 'a, b' })
})

const unanswerable = [undefined, '', 'Negotiate', 'Bearer', 'Bearer realm="ftp://a"', 'Bearer realm="no url"']
for (const header of unanswerable)
  test(`${JSON.stringify(header)} cannot be answered`, () => expect(parseChallenge(header)).toBeUndefined())

test('a token is taken under either of its two names', () => {
  expect(parseToken(Buffer.from('{"token":"a.b.c"}'))).toBe('a.b.c')
  expect(parseToken(Buffer.from('{"access_token":"a.b.c"}'))).toBe('a.b.c')
})

for (const body of ['', '[]', 'null', '{}', '{"token":5}', '{"token":""}', '{"token":"a\\r\\nx: y"}'])
  test(`${JSON.stringify(body)} holds no usable token`, () =>
    expect(parseToken(Buffer.from(body))).toBeUndefined())

test('Basic credentials are encoded as in RFC 7617', () => {
  expect(basicAuthorization({ username: 'Aladdin', password: 'open sesame' })).toBe(
    'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
  )
})
