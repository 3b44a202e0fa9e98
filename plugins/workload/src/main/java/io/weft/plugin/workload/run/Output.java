// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.plugin.workload.run;

import java.io.PrintWriter;

/**
 * The outputs of a run.
 *
 * @param out receives the report, or the JSON object
 * @param err receives the progress, and with {@code json} the report
 * @param json whether {@code out} gets one JSON object, and nothing else
 */
public record Output(PrintWriter out, PrintWriter err, boolean json) {}
