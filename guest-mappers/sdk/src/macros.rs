/// Makes the crate a mapping module. In the sandbox it exports the world `mapping-module`; on every target it
/// gains a function `manifest`.
///
/// The crate must be built as a `cdylib`, and may call this macro once.
#[macro_export]
macro_rules! export_mapping {
    ($mapping:ty) => {
        /// Returns the module's manifest.
        #[must_use]
        pub fn manifest() -> $crate::Manifest {
            $crate::Manifest::of_mapping::<$mapping>(
                env!("CARGO_PKG_NAME"),
                env!("CARGO_PKG_VERSION"),
            )
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Module;

            impl $crate::guest::mapping::Guest for Module {
                fn manifest() -> String {
                    $crate::guest::report_panics();
                    manifest().to_json()
                }

                fn map_page(
                    context: $crate::guest::types::PageContext,
                    page: Vec<u8>,
                ) -> Result<$crate::guest::types::MappedPage, $crate::guest::types::PageError>
                {
                    $crate::guest::map_page::<$mapping>(context, &page)
                }
            }

            $crate::guest::mapping_world::export_mapping_module!(
                Module with_types_in $crate::guest::mapping_world
            );
        };
    };
}

/// Makes the crate an assessor. In the sandbox it exports the world `assessor-module`; on every target it gains
/// a function `manifest`.
///
/// The crate must be built as a `cdylib`, and may call this macro once.
#[macro_export]
macro_rules! export_assessor {
    ($assessor:ty) => {
        /// Returns the module's manifest.
        #[must_use]
        pub fn manifest() -> $crate::Manifest {
            $crate::Manifest::of_assessor::<$assessor>(
                env!("CARGO_PKG_NAME"),
                env!("CARGO_PKG_VERSION"),
            )
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::guest::assessor::assessing;

            struct Module;

            impl assessing::Guest for Module {
                fn manifest() -> String {
                    $crate::guest::assessor::report_panics();
                    manifest().to_json()
                }

                fn assess_batch(
                    context: assessing::BatchContext,
                    batch: Vec<u8>,
                ) -> Result<assessing::AssessedBatch, assessing::BatchError> {
                    $crate::guest::assessor::assess_batch::<$assessor>(context, &batch)
                }
            }

            $crate::guest::assessor::world::export_assessor_module!(
                Module with_types_in $crate::guest::assessor::world
            );
        };
    };
}

/// Makes the crate an overlay module. In the sandbox it exports the world `overlay-module`; on every target
/// it gains a function `manifest`.
///
/// The crate must be built as a `cdylib`, and may call this macro once.
#[macro_export]
macro_rules! export_overlay {
    ($overlay:ty) => {
        /// Returns the module's manifest.
        #[must_use]
        pub fn manifest() -> $crate::Manifest {
            $crate::Manifest::of_overlay::<$overlay>(
                env!("CARGO_PKG_NAME"),
                env!("CARGO_PKG_VERSION"),
            )
        }

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Module;

            impl $crate::guest::overlay::Guest for Module {
                fn manifest() -> String {
                    $crate::guest::report_panics();
                    manifest().to_json()
                }

                fn amend_page(
                    context: $crate::guest::types::PageContext,
                    page: Vec<u8>,
                    mapped: $crate::guest::types::MappedPage,
                ) -> Result<$crate::guest::types::MappedPage, $crate::guest::types::PageError>
                {
                    $crate::guest::amend_page::<$overlay>(context, &page, mapped)
                }
            }

            $crate::guest::overlay_world::export_overlay_module!(
                Module with_types_in $crate::guest::overlay_world
            );
        };
    };
}
