// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Cluster membership: agreement on views, failure detection, membership leases. */
package io.weft.spi.membership;
