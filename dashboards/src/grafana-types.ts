/**
 * Grafana's own types of a dashboard, made strict: `tsc` is the schema gate. @grafana/schema leaves a panel's
 * `options` and `custom` open; here each panel type has its own. JSON has no enums, so `Json` allows their values.
 */
import type {
  AnnotationQuery,
  Dashboard as AnyDashboard,
  DashboardLink,
  DataTransformerConfig,
  FieldConfig,
  FieldConfigSource,
  GraphFieldConfig,
  Panel,
  RowPanel,
  TableFieldOptions,
  VariableModel,
} from '@grafana/schema'
import type { Options as BarGauge } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen.js'
import type * as Heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen.js'
import type { Options as Stat } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen.js'
import type * as Timeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen.js'
import type * as History from '@grafana/schema/dist/esm/raw/composable/statushistory/panelcfg/x/StatusHistoryPanelCfg_types.gen.js'
import type { Options as Table } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen.js'
import type { Options as Text } from '@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen.js'
import type { Options as TimeSeries } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.js'

/** The values that JSON has for a type: members of enums as the strings and numbers they are. */
type Json<T> = unknown extends T
  ? unknown
  : T extends string
    ? `${T}`
    : T extends number
      ? `${T}` extends `${infer N extends number}`
        ? N
        : T
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T

type DataSource = { type: 'prometheus'; uid: string }

type PrometheusQuery = {
  refId: string
  datasource: DataSource
  expr: string
  legendFormat: string
  format: 'time_series' | 'table' | 'heatmap'
  editorMode: 'code'
  range: boolean
  instant: boolean
  exemplar?: boolean
}

type Fields<Custom> = Omit<FieldConfigSource, 'defaults'> & {
  defaults: Omit<FieldConfig, 'custom' | 'unit' | 'noValue'> & { unit: string; noValue: string } & Custom
}

type Common = 'id' | 'title' | 'description' | 'gridPos'
type Required_<T, K extends keyof T> = { [P in K]-?: NonNullable<T[P]> }

type Of<Type extends string, Options, Custom> = { type: Type; options: Options } & Required_<
  Panel,
  Common
> & {
    datasource: DataSource
    targets: PrometheusQuery[]
    fieldConfig: Fields<Custom>
    transformations?: DataTransformerConfig[]
    timeFrom?: string
    hideTimeOverride?: boolean
  }

type QueryPanel =
  | Of<'stat', Stat, unknown>
  | Of<'bargauge', BarGauge, unknown>
  | Of<'timeseries', Omit<TimeSeries, 'orientation'>, { custom: GraphFieldConfig }>
  | Of<'table', Table, { custom: TableFieldOptions }>
  | Of<'state-timeline', Timeline.Options, { custom: Timeline.FieldConfig }>
  | Of<'status-history', History.Options, { custom: History.FieldConfig }>
  | Of<'heatmap', Heatmap.Options, { custom: Heatmap.FieldConfig }>

type TextPanel = { type: 'text'; options: Text; datasource: DataSource } & Required_<Panel, Common>

type Annotation = Omit<AnnotationQuery, 'target'> & {
  target:
    | { refId: string; expr: string; titleFormat: string }
    | { refId: string; type: 'tags'; tags: string[]; limit: number; matchAny: boolean }
}

type Strict = Required<
  Pick<
    AnyDashboard,
    | 'title'
    | 'uid'
    | 'description'
    | 'tags'
    | 'editable'
    | 'refresh'
    | 'timezone'
    | 'time'
    | 'graphTooltip'
    | 'schemaVersion'
  >
> & {
  links: DashboardLink[]
  annotations: { list: Annotation[] }
  templating: { list: VariableModel[] }
  panels: (QueryPanel | TextPanel | Omit<RowPanel, 'datasource'>)[]
}

/** A dashboard as these dashboards are written: all of Grafana's fields that are used, and no other. */
export type StrictDashboard = Json<Strict>
