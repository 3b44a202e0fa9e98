// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import java.io.PrintWriter;

/**
 * Where a run writes.
 *
 * @param out receives the report, or the JSON object
 * @param err receives what is shown meanwhile, and with {@code json} the report
 * @param json whether {@code out} gets one JSON object, and nothing else
 */
public record Output(PrintWriter out, PrintWriter err, boolean json) {}
