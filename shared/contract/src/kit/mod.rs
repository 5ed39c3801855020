//! What vendor crates have in common: pieces to take, not a frame to fill.
//!
//! | module | holds |
//! |---|---|
//! | [`classes`] | a class table's rows, a class of a job, what becomes of a job without the right |
//! | [`codes`] | tables of codes, what codes mean, the times of a verdict |
//! | [`settings`] | checks of settings with their errors |
//! | [`fitting`] | what is cut, dropped, changed; what names a notification on the phone |
//! | [`fields`] | JSON objects and forms that leave out what is absent |
//! | [`oauth`] | asking a token endpoint with a client's secret, and its answer |
//! | [`names`] | names of enum variants as serde has them |
//! | [`templates`] | what fills the variables of approved templates |

pub mod classes;
pub mod codes;
pub mod fields;
pub mod fitting;
pub mod names;
pub mod oauth;
pub mod settings;
pub mod templates;
