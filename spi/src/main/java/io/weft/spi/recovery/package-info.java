// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Where the coherent cache and the redo of dead nodes meet. */
package io.weft.spi.recovery;
