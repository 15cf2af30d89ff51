import * as amend from "./amend";
import * as benefits from "./benefits";
import * as calls from "./calls";
import * as civil from "./civil";
import * as dispatch from "./dispatch";
import * as feedback from "./feedback";
import * as field from "./field";
import * as finance from "./finance";
import * as imports from "./imports";
import * as map from "./map";
import * as overview from "./overview";
import * as quotas from "./quotas";
import * as ringing from "./ringing";
import * as settings from "./settings";

/** The words of every desk and of the phone; the elder's page is built without them (`elder/vite.config.ts`). */
export const zh = { ...amend.zh, ...benefits.zh, ...calls.zh, ...civil.zh, ...dispatch.zh, ...feedback.zh, ...field.zh, ...finance.zh, ...imports.zh, ...map.zh, ...overview.zh, ...quotas.zh, ...ringing.zh, ...settings.zh };
export const en: Record<keyof typeof zh, string> = { ...amend.en, ...benefits.en, ...calls.en, ...civil.en, ...dispatch.en, ...feedback.en, ...field.en, ...finance.en, ...imports.en, ...map.en, ...overview.en, ...quotas.en, ...ringing.en, ...settings.en };
