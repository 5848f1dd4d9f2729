package httpconn

var h2DataCases []h2Case
