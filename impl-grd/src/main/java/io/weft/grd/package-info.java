// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/** Says which node masters which block. */
package io.weft.grd;
