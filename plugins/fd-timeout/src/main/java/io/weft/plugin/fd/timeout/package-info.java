// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** A failure detector with a fixed time-out. */
package io.weft.plugin.fd.timeout;
