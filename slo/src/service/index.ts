export { openApiDocument } from './openapi.ts'
export { type Service, type ServiceOptions, startService } from './service.ts'
